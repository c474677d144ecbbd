import { createContext, useContext, useEffect, useState } from 'react'
import type { ReactNode } from 'react'
import { useClient, useSession } from './hooks.js'

export interface SplashLabels {
  loading: string
  /** After 8 s, and while the service is asked once more. */
  slow: string
  unreachable: string
  retryIn: (seconds: number) => string
  retry: string
}

export interface SplashProps {
  /** How long nothing is shown: most pages know sooner who is signed in. */
  delayMs?: number
  /** How long it stays once it is shown, inside `RequireAuth`: anything shorter flickers. */
  minMs?: number
  labels?: Partial<SplashLabels>
  className?: string
  /** Shown above the text: a logo, a spinner. */
  children?: ReactNode
}

const LABELS: SplashLabels = {
  loading: 'Loading…',
  slow: 'Still trying…',
  unreachable: 'The service cannot be reached.',
  retryIn: (seconds) => `Next try in ${seconds} s`,
  retry: 'Try now',
}

const SLOW_MS = 8000

/** By this a splash tells the guard around it that it must not go yet. */
export const Hold = createContext((_on: boolean) => {})

/** What there is to see until it is known who is signed in, or while the service cannot be asked. */
export function Splash({ delayMs = 300, minMs = 400, labels, className, children }: SplashProps) {
  const client = useClient()
  const state = useSession()
  const hold = useContext(Hold)
  const [shown, show] = useState<'loading' | 'slow'>()
  const [trying, setTrying] = useState(false)

  useEffect(() => {
    const timers = [
      setTimeout(hold, delayMs, true),
      setTimeout(show, delayMs, 'loading'),
      setTimeout(hold, delayMs + minMs, false),
      setTimeout(show, SLOW_MS, 'slow'),
    ]
    return () => {
      timers.forEach(clearTimeout)
      hold(false)
    }
  }, [hold, delayMs, minMs])

  const away = state.status === 'unreachable'
  const text = { ...LABELS, ...labels }
  const label = !away ? shown : trying ? 'slow' : 'unreachable'
  const retry = () => {
    setTrying(true)
    void client.retry().then(() => setTrying(false))
  }

  // The status is there, empty, before it has a text: only then do screen readers read the text out.
  return (
    <div className={className}>
      {label && children}
      <p role="status">{label && text[label]}</p>
      {away && (
        <>
          <Countdown key={state.retryAt} until={state.retryAt} text={text} />
          <button type="button" onClick={retry}>
            {text.retry}
          </button>
        </>
      )}
    </div>
  )
}

// A timer is not read out every second, as a change of the status would be.
function Countdown({ until, text }: { until: number; text: SplashLabels }) {
  const left = () => Math.ceil((until - Date.now()) / 1000)
  const [seconds, setSeconds] = useState(left)
  useEffect(() => {
    const timer = setInterval(() => setSeconds(left), 1000)
    return () => clearInterval(timer)
  })
  return <p role="timer">{seconds > 0 ? text.retryIn(seconds) : text.slow}</p>
}
