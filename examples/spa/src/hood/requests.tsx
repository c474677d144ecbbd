import { clear, useLog, type Entry } from './log'
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
      <ol className="log">
        {entries.map((entry) => <Line key={entry.id} entry={entry} />)}
      </ol>
    </section>
  )
}

function Line({ entry }: { entry: Entry }) {
  const at = <time dateTime={new Date(entry.at).toISOString()}>{time.format(entry.at)}</time>
  if (entry.kind === 'note') return <li className="note">{at}<span>{entry.text}</span></li>
  const { method, url, status, bodyHalf, cookieHalf, durationMs } = entry.request
  const good = status !== null && status < 400
  return (
    <li className="request" data-good={good}>
      {at}
      <span className="what">
        <Halves body={bodyHalf} cookie={cookieHalf} />
        <code><b>{method}</b> {new URL(url).pathname}</code>
      </span>
      <span className="answer">
        <span className="status">{status ?? 'no answer'}{entry.code && ` ${entry.code}`}</span>
        <span>{durationMs} ms</span>
        {entry.byHand && <span>by hand</span>}
      </span>
    </li>
  )
}
