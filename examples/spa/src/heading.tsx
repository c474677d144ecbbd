import { useEffect, useRef, type ReactNode } from 'react'

let shown: string | undefined

/** The heading of a view. It takes the focus when the view changes, as a page does when it is loaded. */
export function Heading({ title, children = title }: { title: string; children?: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Tandem example`
    if (shown !== undefined && shown !== title) heading.current?.focus()
    shown = title
  }, [title])
  return <h1 ref={heading} tabIndex={-1}>{children}</h1>
}
