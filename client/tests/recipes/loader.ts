// loader.ts
import { redirect, type LoaderFunctionArgs } from 'react-router'
import { auth } from './auth'

export async function articlesLoader({ request }: LoaderFunctionArgs) {
  const { status } = await auth.ready()
  if (status === 'unauthenticated') {
    const { pathname, search } = new URL(request.url)
    throw redirect(`/login?to=${encodeURIComponent(pathname + search)}`)
  }
  const response = await auth.fetch('/api/articles', { signal: request.signal })
  if (!response.ok) throw response
  return response
}
