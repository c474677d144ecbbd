// articles.tsx
import { useQuery } from '@tanstack/react-query'
import { getJson } from './queries'

export function Articles() {
  const { data, error } = useQuery({
    queryKey: ['articles'],
    queryFn: ({ signal }) => getJson('/api/articles', signal),
  })
  if (error) return <p role="alert">The articles could not be loaded.</p>
  if (!data) return <p>Loading…</p>
  return <ul>{data.map((article: { id: string }) => <li key={article.id}>{article.id}</li>)}</ul>
}
