import { defineModule } from "../../door/module.js";
import { loginFunctions } from "./login.js";
import { oauthFunctions } from "./oauth.js";
import { policyFunctions } from "./policies.js";
import { secretFunctions } from "./secrets.js";
import { tokenFunctions } from "./tokens.js";

export const authModule = defineModule({
  name: "auth",
  doc: "Who somebody is and what they may do: sessions, tokens, passwords, OAuth, policies, secrets and an audit trail.",
  functions: { ...loginFunctions, ...oauthFunctions, ...tokenFunctions, ...secretFunctions, ...policyFunctions },
});
