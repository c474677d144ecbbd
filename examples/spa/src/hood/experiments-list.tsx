import { useState } from 'react'
import { explain } from '../messages'
import { clock, useNow } from '../time'
import { experiments, type Experiment, type Outcome } from './experiments'

/** Buttons that provoke the service, and what came of the last one. */
export function Experiments() {
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  return (
    <section aria-labelledby="experiments">
      <h3 id="experiments">Try it</h3>
      <ul className="experiments">
        {experiments.map((experiment) => <Item key={experiment.name} experiment={experiment} done={setOutcome} />)}
      </ul>
      <p role="status" className="outcome" data-good={outcome?.good}>{outcome?.text}</p>
    </section>
  )
}

function Item({ experiment, done }: { experiment: Experiment; done: (outcome: Outcome | null) => void }) {
  const [until, setUntil] = useState<number | null>(null)
  const wait = (end: number) => {
    setUntil(end)
    return new Promise<void>((resolve) => setTimeout(resolve, end - Date.now())).finally(() => setUntil(null))
  }

  async function run() {
    if (until) return
    done(null)
    try {
      done(await experiment.run(wait))
    } catch (error) {
      done({ good: false, text: explain(error) })
    }
  }

  return (
    <li>
      <button type="button" onClick={run} aria-disabled={until !== null}>
        <b>{experiment.name}{until && <> · <Countdown until={until} /></>}</b>
        <small>{experiment.about}</small>
      </button>
    </li>
  )
}

const Countdown = ({ until }: { until: number }) => <span className="digits">{clock(until - useNow())}</span>
