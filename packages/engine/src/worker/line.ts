import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import type { Charge } from "../engine.js";
import type { Limits } from "../limits.js";
import { SharedState, Signal, type Answer, type Message, type ThreadStart } from "./protocol.js";

/** The guest's side of what two threads say to each other. */
export class Line {
  readonly shared: SharedState;
  readonly requests: MessagePort;
  readonly #answers: MessagePort;
  /** Told of what comes among the answers but is none. */
  onLimits: ((guest: number, limits: Partial<Limits>) => void) | undefined;
  onCharge: ((guest: number, use: Charge) => void) | undefined;

  constructor({ requests, answers, shared }: ThreadStart) {
    this.shared = new SharedState(shared);
    this.requests = requests;
    this.#answers = answers;
  }

  say(message: Message): void {
    this.requests.postMessage(message);
    this.shared.raise(Signal.messages);
  }

  /** Stands still until the host has answered. */
  nextAnswer(): Exclude<Answer, { type: "limits" | "charge" | "ping" }> {
    for (;;) {
      const seen = this.shared.count(Signal.answers);
      const answer = this.#receive();
      if (answer === undefined) this.shared.wait(Signal.answers, seen);
      else if (answer.type !== "limits" && answer.type !== "charge" && answer.type !== "ping") return answer;
    }
  }

  /** Receives what has come while nothing was asked. */
  look(): void {
    while (this.#receive() !== undefined);
  }

  #receive(): Answer | undefined {
    const waiting = receiveMessageOnPort(this.#answers) as { message: Answer } | undefined;
    const answer = waiting?.message;
    if (answer?.type === "limits") this.onLimits?.(answer.guest, answer.limits);
    else if (answer?.type === "charge") this.onCharge?.(answer.guest, answer.use);
    return answer;
  }
}
