import { flow, type Flow } from './auth'

const NAMES: Record<Flow, string> = { dual: 'Two halves', session: 'Session cookie' }

/** The client is made once for a page, so a change of the flow loads the page anew. */
export function FlowSwitch() {
  return (
    <nav className="flows" aria-label="Flow">
      {(Object.keys(NAMES) as Flow[]).map((name) => (
        <a key={name} href={`?flow=${name}`} aria-current={name === flow || undefined}>{NAMES[name]}</a>
      ))}
    </nav>
  )
}
