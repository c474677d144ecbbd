import { isAuthError } from '@tandem-auth/client'
import {
  createContext, useContext, useEffect, useId, useRef, useState, type FormEvent, type InputHTMLAttributes, type ReactNode,
} from 'react'
import { explain } from './messages'

type Values = Record<string, string>
const Fields = createContext<Values>({})

interface FormProps {
  /** Names the form for those who do not see it. */
  label: string
  button: string
  submit: (values: Values) => Promise<unknown>
  describe?: (error: unknown) => string
  children: ReactNode
}

/** Sends its values, and shows each message of a refusal where it belongs. */
export function Form({ label, button, submit, describe = explain, children }: FormProps) {
  const form = useRef<HTMLFormElement>(null)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>(null)
  const fields = isAuthError(error) ? error.fields : {}

  useEffect(() => {
    // To the first field that has to be changed, or to the message.
    if (!error) return
    const place = (selector: string) => form.current?.querySelector<HTMLElement>(selector)
    const field = place('[aria-invalid=true]') ?? place('[role=alert]')
    field?.focus()
  }, [error])

  async function onSubmit(event: FormEvent) {
    event.preventDefault()
    if (busy) return
    const values = Object.fromEntries(new FormData(form.current!)) as Values
    setBusy(true)
    setError(null)
    try {
      await submit(values)
      form.current?.reset()
    } catch (thrown) {
      setError(thrown)
    } finally {
      setBusy(false)
    }
  }

  return (
    // The service says what is wrong with a value; the browser's own messages would say it twice.
    <form ref={form} aria-label={label} onSubmit={onSubmit} noValidate>
      {Boolean(error) && (
        <p role="alert" tabIndex={-1} className="problem">
          {fields[''] ?? describe(error)}
        </p>
      )}
      <Fields value={fields}>{children}</Fields>
      <button className="primary" aria-disabled={busy}>
        {busy ? 'One moment…' : button}
      </button>
    </form>
  )
}

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  name: string
  label: string
  hint?: string
}

export function Field({ label, hint, type = 'text', ...input }: FieldProps) {
  const id = useId()
  const problem = useContext(Fields)[input.name]
  const [shown, setShown] = useState(false)
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ')
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {hint && <p id={`${id}-hint`} className="hint">{hint}</p>}
      <div className="input">
        <input
          {...input}
          id={id}
          type={shown ? 'text' : type}
          aria-invalid={Boolean(problem)}
          aria-describedby={described || undefined}
        />
        {type === 'password' && (
          <button type="button" className="quiet" aria-pressed={shown} onClick={() => setShown(!shown)}>
            {shown ? 'Hide' : 'Show'}<span className="unseen"> {label.toLowerCase()}</span>
          </button>
        )}
      </div>
      {problem && <p id={`${id}-problem`} className="field-problem">{problem}</p>}
    </div>
  )
}
