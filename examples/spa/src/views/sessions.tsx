import type { Session } from '@tandem-auth/client'
import { useCallback, useEffect, useRef, useState } from 'react'
import { api } from '../auth'
import { device } from '../device'
import { Heading } from '../heading'
import { explain } from '../messages'
import { say } from '../notice'
import { Ago, Day } from '../time'

export function Sessions() {
  const { sessions, problem, loading, load } = useSessions()
  const list = useRef<HTMLHeadingElement>(null)
  const others = sessions?.filter((session) => !session.current).length ?? 0

  async function end(what: () => Promise<{ response: Response }>, done: string) {
    try {
      const { response } = await what()
      say(response.ok ? done : 'That did not work. Try again.')
    } catch (error) {
      say(explain(error))
    }
    await load()
    // The button that had the focus is gone.
    list.current?.focus()
  }

  async function again() {
    // It goes away, and the focus would with it.
    if (!loading && (await load())) list.current?.focus()
  }

  return (
    <section className="card">
      <Heading title="Sessions and devices" />
      <p>Every sign-in is a session. End those that you do not know; they stop working at once.</p>
      {problem && !loading && <p role="alert" className="problem">{problem}</p>}
      <div className="list-head">
        <h2 ref={list} tabIndex={-1} id="sessions">
          {sessions ? count(sessions.length) : loading ? 'Loading…' : 'No list yet'}
        </h2>
        {problem && <button type="button" onClick={again} aria-disabled={loading}>Try again</button>}
        {others > 0 && (
          <button
            type="button"
            onClick={() => end(() => api.DELETE('/api/auth/sessions'), 'All other sessions have ended.')}
          >
            End all others
          </button>
        )}
      </div>
      <ul className="sessions" aria-labelledby="sessions">
        {sessions?.map((session) => (
          <Item
            key={session.id}
            session={session}
            end={() => end(
              () => api.DELETE('/api/auth/sessions/{id}', { params: { path: { id: session.id } } }),
              `The session of ${device(session.user_agent).name} has ended.`,
            )}
          />
        ))}
      </ul>
    </section>
  )
}

const count = (sessions: number) => (sessions === 1 ? 'One session' : `${sessions} sessions`)

function Item({ session, end }: { session: Session; end: () => void }) {
  const { name, handheld } = device(session.user_agent)
  return (
    <li className={session.current ? 'current' : undefined}>
      <svg className="device" viewBox="0 0 24 24" aria-hidden="true">
        <path d={handheld ? 'M7 2h10v20H7zM11 19h2' : 'M3 4h18v12H3zM9 20h6M12 16v4'} />
      </svg>
      <div>
        <h3 title={session.user_agent}>{name} {session.current && <span className="badge">This browser</span>}</h3>
        <p className="details">
          <span>Active <Ago time={session.last_seen_at} /></span>
          <span>Signed in <Ago time={session.created_at} /></span>
          <span>From {session.ip}</span>
          <span>Ends by <Day time={session.expires_at} /></span>
        </p>
      </div>
      {!session.current && (
        <button type="button" onClick={end}>
          End<span className="unseen"> the session of {name}</span>
        </button>
      )}
    </li>
  )
}

/** The list, again whenever somebody comes back to this tab. */
function useSessions() {
  const [sessions, setSessions] = useState<Session[] | null>(null)
  const [problem, setProblem] = useState('')
  const [loading, setLoading] = useState(true)
  /** Resolves with whether there is a list now. */
  const load = useCallback(async () => {
    setLoading(true)
    const { data, error } = await api.GET('/api/auth/sessions').then(
      ({ data }) => ({ data, error: data ? '' : 'The list could not be loaded.' }),
      (thrown) => ({ data: undefined, error: explain(thrown) }),
    )
    if (data) setSessions(data.sessions)
    setProblem(error)
    setLoading(false)
    return Boolean(data)
  }, [])
  useEffect(() => {
    void load()
    window.addEventListener('focus', load)
    return () => window.removeEventListener('focus', load)
  }, [load])
  return { sessions, problem, loading, load }
}
