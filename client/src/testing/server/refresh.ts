import { json, problem, type Answer } from './answers.js'
import { acknowledge, cookieOf, genuinePair, presentedHalves, type Call, type Pair } from './guard.js'
import { expire, grant } from './issue.js'
import { decide, type Age, type Decision } from './refresh-table.js'
import { readSecret, type Half } from './tokens.js'
import type { World } from './world.js'

/** Judges all four tokens by the table. */
export function refresh(world: World, call: Call, bodyToken: string | undefined): Answer {
  const halves = presentedHalves(world, call)
  const cookieToken = cookieOf(world, call, 'refresh')
  const { origin } = world.settings
  const refuse = (outcome: string) => problem(origin, 'invalid_token', { outcome })
  if (halves.body === null || halves.cookie === null) {
    const nothing = halves.body === null && halves.cookie === null && !bodyToken && !cookieToken
    return nothing ? problem(origin, 'unauthenticated', { outcome: 'unauthenticated' }) : refuse('missing')
  }
  const pair = genuinePair(world, halves)
  if (typeof pair === 'string') return refuse(pair)
  const { session } = pair
  if (session.ended) return refuse('ended')
  if (!world.isAlive(session)) return refuse(session.account.enabled ? 'overdue' : 'disabled')
  if (session.flow === 'session') return refuse('no_refresh_tokens')
  const presented = { body: age('body', pair, bodyToken), cookie: age('cookie', pair, cookieToken) }
  return act(world, pair, presented, decide({ ...presented, mintedAt: mintedAt(pair) }, {
    acknowledgedAt: session.acknowledgedAt,
    now: world.now(),
    reuseInterval: world.settings.reuseInterval * 1000,
  }))
}

/** Generations that a token of this session lies behind. */
function age(half: Half, { session }: Pair, token: string | undefined): Age {
  const secret = readSecret(half, token)
  if (secret?.sessionId !== session.id || secret.generation > session.generation) return null
  return session.generation - secret.generation
}

const mintedAt = ({ body, cookie }: Pair) => Math.max(body.iat, cookie.iat) * 1000

function act(world: World, { session }: Pair, presented: { body: Age; cookie: Age }, decision: Decision): Answer {
  const { origin } = world.settings
  if (decision.act === 'refuse') return problem(origin, 'invalid_token', { outcome: decision.reason })
  if (decision.act === 'reuse') {
    session.ended = true
    const outcome = `reuse ${decision.half}`
    return problem(origin, 'invalid_token', { outcome, cookies: expire(world, 'access', 'refresh') })
  }
  if (decision.act === 'rotate') {
    session.generation += 1
    session.acknowledgedAt = null
    world.touch(session)
  } else if (presented.body === 0) {
    acknowledge(world, session, session.generation)
    const due = world.now() >= session.lastSeenAt + world.settings.accessTtl * 1000
    if (presented.cookie === 0 && due) world.touch(session)
  }
  const { value, cookies } = grant(world, session)
  return json(value, { cookies, outcome: decision.act })
}
