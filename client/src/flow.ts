import type { Held, TokenAnswer } from './held.js'
import type { Answer } from './requests.js'
import type { Credentials, SignOutReason } from './types.js'

/** What tabs tell each other: a session, and how far it is or why it is over. Never a token. */
export interface Signal {
  /** Its id. Missing where the tab that signs out does not know it. */
  session: string | undefined
  generation: number | null | undefined
  over: SignOutReason | null
}

/** A way to get at tokens. Everything that the two flows have in common is in the client. */
export interface Flow {
  /** Whether what is held is the same in all tabs. Missing where nothing is kept: then only the service knows. */
  isShared?(): boolean
  /** What is held, without asking the service. */
  read(): Promise<Held | null>
  /** Something newer than `used`, from another tab or (`asked`) from the service. `null`: the session is over. */
  renew(used: Held | null | undefined): Promise<{ held: Held | null; asked: boolean }>
  signIn(credentials: Credentials): Promise<Held>
  /** Takes in the answer to a change of password. */
  accept(answer: Answer<TokenAnswer>): Promise<Held>
  /** Forgets what is held, and returns it. */
  forget(): Promise<Held | null>
  /** Tells the service, which takes the token of an ended page even if it has expired. */
  end(held: Held | null): Promise<unknown>
}
