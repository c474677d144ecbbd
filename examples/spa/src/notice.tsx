import { createStore } from './store'

const notice = createStore<{ id: number; text: string } | null>(null)

/** Shows one line above the page and has it read out. */
export const say = (text: string) => notice.update((before) => ({ id: (before?.id ?? 0) + 1, text }))
export const unsay = () => notice.update(() => null)
export const useNotice = notice.use

/** There from the start, so that what comes into it is read out. */
export function Notice() {
  const now = notice.use()
  return (
    <div className="notice" role="status">
      {now && (
        <p key={now.id}>
          <span>{now.text}</span>
          <button type="button" className="quiet" onClick={unsay}>
            Dismiss
          </button>
        </p>
      )}
    </div>
  )
}
