const NAMES = ['neither half', 'the cookie half alone', 'the body half alone', 'both halves']

/** Which halves went along: two halves of a disc, each filled or not. */
export function Halves({ body, cookie }: { body: boolean; cookie: boolean }) {
  return (
    <svg className="halves" viewBox="0 0 20 20" role="img" aria-label={NAMES[Number(body) * 2 + Number(cookie)]}>
      <path className={body ? 'body' : 'none'} d="M9 2a8 8 0 0 0 0 16z" />
      <path className={cookie ? 'cookie' : 'none'} d="M11 2a8 8 0 0 1 0 16z" />
    </svg>
  )
}
