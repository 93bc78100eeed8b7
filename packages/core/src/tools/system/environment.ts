// What names of variables with secrets have in common, and what keys look like whatever they are called.
const SECRET_NAME = /key|token|secret|pass(word|wd|phrase)?|credential|auth|cookie|session|private|signature|dsn|salt/i;
const SECRET_VALUE =
  /^(sk|pk|rk|ghp|gho|ghs|github_pat|glpat|xox[abp]|AKIA|ASIA|AIza|npm|hf)[-_A-Za-z0-9]{8,}|^eyJ[\w-]+\.[\w-]+\.|-----BEGIN|:\/\/[^/\s:@]*:[^/\s@]+@/;

/** The names that are set; with `name` the value of that variable, `[secret]` when it looks like one. */
export function maskedEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  name: string | undefined,
): Record<string, unknown> {
  if (name === undefined)
    return {
      names: Object.keys(env)
        .filter((key) => env[key] !== undefined)
        .toSorted(),
    };
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  const secret = value !== undefined && (SECRET_NAME.test(name) || SECRET_VALUE.test(value));
  return { name, value: secret ? "[secret]" : (value ?? null) };
}
