import { flow, type Flow } from './auth'

export const FLOWS: Record<Flow, string> = { dual: 'Dual', session: 'Session' }

/** The client is made once for a page, so a change of the flow loads the page anew. */
export function FlowSwitch() {
  return (
    <nav className="flows" aria-label="Flow">
      <span aria-hidden="true">Flow</span>
      {(Object.keys(FLOWS) as Flow[]).map((name) => (
        <a key={name} href={`?flow=${name}`} aria-current={name === flow || undefined}>{FLOWS[name]}</a>
      ))}
    </nav>
  )
}
