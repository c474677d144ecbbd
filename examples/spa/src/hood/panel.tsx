import { useSession } from '@tandem-auth/client/react'
import { lazy, Suspense } from 'react'
import { Experiments } from './experiments-list'
import { Requests } from './requests'
import { State } from './state'

const Lab = __LAB__ ? lazy(() => import('../lab/panel')) : null

/** What goes on behind the page, live. Beside it on a wide screen, below it on a narrow one. */
export function Hood() {
  const state = useSession()
  return (
    <aside aria-labelledby="hood">
      <h2 id="hood">Under the hood</h2>
      <State state={state} />
      {state.status === 'authenticated' && <Experiments />}
      <Requests />
      {Lab && <Suspense><Lab /></Suspense>}
    </aside>
  )
}
