// articles-route.tsx
import { useLoaderData, type RouteObject } from 'react-router'
import { articlesLoader } from './loader'

function Articles() {
  const articles = useLoaderData<{ id: string }[]>()
  return <ul>{articles.map(({ id }) => <li key={id}>{id}</li>)}</ul>
}

export const articlesRoute: RouteObject = {
  path: '/articles',
  loader: articlesLoader,
  element: <Articles />,
  HydrateFallback: () => <p>Loading…</p>,
  errorElement: <p role="alert">The articles could not be loaded.</p>,
}
