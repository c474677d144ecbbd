// orders.tsx
import { useQuery } from '@tanstack/react-query'
import { getJson } from './queries'

export function Orders() {
  const { data, error } = useQuery({
    queryKey: ['orders'],
    queryFn: ({ signal }) => getJson('/api/orders', signal),
  })
  if (error) return <p role="alert">The orders could not be loaded.</p>
  if (!data) return <p>Loading…</p>
  return <ul>{data.map((order: { id: string }) => <li key={order.id}>{order.id}</li>)}</ul>
}
