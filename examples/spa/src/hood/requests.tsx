import { clear, useLog, type Call, type Entry } from './log'
import { Halves } from './halves'

const time = new Intl.DateTimeFormat('en', { timeStyle: 'medium', hourCycle: 'h23' })

/** Every request of the client, the latest one first. */
export function Requests() {
  const entries = useLog()
  return (
    <section aria-labelledby="requests">
      <div className="list-head">
        <h3 id="requests">Requests</h3>
        {entries.length > 0 && <button type="button" className="quiet" onClick={clear}>Clear</button>}
      </div>
      <p className="legend">
        <Halves body cookie={false} /> body half, attached by the page
        <br />
        <Halves body={false} cookie /> cookie half: the browser was allowed to add it
      </p>
      {entries.length === 0 && <p className="hint">None yet.</p>}
      {/* It scrolls, so the keyboard has to get there. */}
      <ol className="log" tabIndex={0} aria-labelledby="requests">
        {entries.map((entry) => <Line key={entry.id} entry={entry} />)}
      </ol>
    </section>
  )
}

function Line({ entry: { at, call, text } }: { entry: Entry }) {
  return (
    <li className={call ? 'request' : 'note'} data-good={call?.status ? call.status < 400 : undefined}>
      <time dateTime={new Date(at).toISOString()}>{time.format(at)}</time>
      {call ? <Details call={call} /> : <span>{text}</span>}
    </li>
  )
}

function Details({ call }: { call: Call }) {
  return (
    <>
      <span className="what">
        <Halves body={call.bodyHalf} cookie={call.cookieHalf} />
        <code><b>{call.method}</b> {call.path}</code>
      </span>
      <span className="answer">
        <span className="status">{call.status ?? 'no answer'} {call.code}</span>
        <span>{call.durationMs} ms</span>
        {call.byHand && <span>by hand</span>}
      </span>
    </>
  )
}
