/** The refresh decision, cell by cell as in `docs/protocol.md`. Times are in milliseconds. */

/** Generations that a genuine token lies behind; `null`: missing, unknown, ahead, of another session. */
export type Age = number | null

export interface Presented {
  readonly cookie: Age
  readonly body: Age
  /** When the younger access token was minted. */
  readonly mintedAt: number
}

export interface Progress {
  /** When the body half of the current generation was first seen. */
  readonly acknowledgedAt: number | null
  readonly now: number
  readonly reuseInterval: number
}

export type Decision =
  | { readonly act: 'rotate' | 'resend' }
  | { readonly act: 'reuse'; readonly half: 'cookie' | 'both' }
  | { readonly act: 'refuse'; readonly reason: 'partial' | 'stale_body' | 'stale_cookie' | 'spent_cookie' }

const RESEND: Decision = { act: 'resend' }
const PARTIAL: Decision = { act: 'refuse', reason: 'partial' }
const STALE_BODY: Decision = { act: 'refuse', reason: 'stale_body' }

export function decide({ cookie, body, mintedAt }: Presented, progress: Progress): Decision {
  const { acknowledgedAt, now, reuseInterval } = progress
  const settled = acknowledgedAt !== null && now >= acknowledgedAt + reuseInterval
  const young = now < mintedAt + reuseInterval
  if (cookie === null) return PARTIAL
  if (body === null) return cookie > 0 && settled ? { act: 'refuse', reason: 'spent_cookie' } : PARTIAL
  if (cookie === 0) {
    if (body > 1) return STALE_BODY
    return body === 1 || young ? RESEND : { act: 'rotate' }
  }
  if (cookie === 1 && body === 0) return RESEND
  if (settled) return { act: 'reuse', half: body === 0 ? 'cookie' : 'both' }
  if (cookie > 1) return { act: 'refuse', reason: 'stale_cookie' }
  return body === 1 ? RESEND : STALE_BODY
}
