import { oauthError, problemOfStatus, type Answer } from './answers.js'
import type { FakeOperation } from './types.js'

/** What befalls one call. */
export interface Fault {
  lose?: true
  split?: true
  delay?: number
  status?: number
  retryAfter?: number | undefined
}

interface Planned extends Fault {
  readonly operation: FakeOperation | undefined
  /** `undefined`: for one call. */
  readonly until?: number
}

export class Faults {
  #planned: Planned[] = []

  plan(fault: Fault, operation: FakeOperation | undefined, until?: number): void {
    this.#planned.push({ ...fault, operation, ...(until !== undefined && { until }) })
  }

  /** All that is planned for this call, as one. */
  take(operation: FakeOperation, now: number): Fault {
    this.#planned = this.#planned.filter(({ until }) => until === undefined || now < until)
    const mine = this.#planned.filter((fault) => fault.operation === undefined || fault.operation === operation)
    this.#planned = this.#planned.filter((fault) => fault.until !== undefined || !mine.includes(fault))
    return Object.assign({}, ...mine) as Fault
  }
}

/** The answer of a service that does not do what it is asked. */
export function failure(origin: string, operation: FakeOperation, { status = 503, retryAfter }: Fault): Answer {
  if (operation === 'token') {
    if (status === 500) return oauthError(status, 'server_error', 'Something went wrong here')
    const busy = [429, 503].includes(status)
    if (busy) return oauthError(status, 'temporarily_unavailable', 'try again later', retryAfter ?? 1)
  }
  return problemOfStatus(origin, status, retryAfter)
}
