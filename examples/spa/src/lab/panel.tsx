import { useEffect, useState } from 'react'
import { service } from '../auth'
import { isInjected, setInjected } from './inject'

interface Loot {
  cookies: string
  indexedDB: Record<string, unknown[]>
  headers: string[]
  sent: boolean | null
}

declare global {
  interface Window {
    lab?: {
      loot: Loot
      steal: () => Promise<Loot>
      send: (collector?: string) => Promise<boolean>
      ride: (url?: string, options?: RequestInit) => Promise<{ status: number }>
    }
  }
}

/** The switch for the injected script, and what that script has got hold of; masked, as everything here. */
export default function Lab() {
  const on = isInjected()
  return (
    <section className="lab" aria-labelledby="attack-lab">
      <h3 id="attack-lab">Attack lab</h3>
      <p className="hint">
        A script that somebody smuggled into this page. It is part of the lab, and of no production build.
      </p>
      <label className="switch">
        <input type="checkbox" role="switch" checked={on} onChange={() => setInjected(!on)} />
        Injected script
      </label>
      {on && <Thief />}
    </section>
  )
}

function Thief() {
  const [, draw] = useState(0)
  const [outcome, setOutcome] = useState('')
  const [collector, setCollector] = useState(sessionStorage.getItem('lab.collector') ?? '')
  useEffect(() => {
    const again = () => draw((times) => times + 1)
    window.addEventListener('lab', again)
    return () => window.removeEventListener('lab', again)
  }, [])
  const { lab } = window
  if (!lab) return <p role="alert">The script did not get in.</p>

  async function send() {
    sessionStorage.setItem('lab.collector', collector)
    setOutcome(await lab!.send(collector) ? 'Sent. One half of nothing.' : 'Not sent: the page’s policy, or nobody there.')
  }
  async function ride() {
    const { status } = await lab!.ride(`${service}/api/auth/me`)
    setOutcome(`Answered ${status}. ${status === 200 ? 'Nothing stops a script while the page is open.' : ''}`)
  }

  return (
    <>
      <dl className="facts small">
        <div><dt>Cookies</dt><dd>{lab.loot.cookies ? masked(lab.loot.cookies) : 'none can be read'}</dd></div>
        <div><dt>Storage</dt><dd>{Object.values(lab.loot.indexedDB).flat().filter(Boolean).map(masked).join(', ') || 'nothing yet'}</dd></div>
        <div><dt>Headers</dt><dd>{lab.loot.headers.map(masked).join(', ') || 'nothing yet'}</dd></div>
      </dl>
      <label className="field">
        Collector
        <input type="url" value={collector} placeholder="https://…" onChange={(event) => setCollector(event.target.value)} />
      </label>
      <div className="actions">
        <button type="button" onClick={() => void lab.steal()}>Steal</button>
        <button type="button" onClick={send}>Send</button>
        <button type="button" onClick={ride}>Ride along</button>
      </div>
      <p role="status" className="outcome">{outcome}</p>
    </>
  )
}

/** How much it is, not what it is. */
function masked(value: unknown) {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return `•••• (${text.length} characters)`
}
