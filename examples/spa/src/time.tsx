import { useEffect, useState } from 'react'

/** The time, again every second. */
export function useNow() {
  const [now, setNow] = useState(Date.now)
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [])
  return now
}

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400], ['hour', 3600], ['minute', 60],
]
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })
const full = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeStyle: 'short' })
const date = new Intl.DateTimeFormat('en', { dateStyle: 'long' })

function distance(seconds: number) {
  const unit = UNITS.find(([, size]) => Math.abs(seconds) >= size)
  return unit ? relative.format(Math.round(seconds / unit[1]), unit[0]) : 'just now'
}

/** `5 minutes ago`; the time itself on pointing at it. */
export function Ago({ time }: { time: string }) {
  const now = useNow()
  return (
    <time dateTime={time} title={full.format(new Date(time))}>
      {distance((Date.parse(time) - now) / 1000)}
    </time>
  )
}

export function Day({ time }: { time: string }) {
  return <time dateTime={time} title={full.format(new Date(time))}>{date.format(new Date(time))}</time>
}

/** `1:05` */
export function clock(milliseconds: number) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
