/** A status as it is told from afar: what failed in red, what was refused in yellow. */
export function StatusMark({ status }: { readonly status: number | null }) {
  if (status === null) return null
  const kind = status >= 500 ? 'failed' : status >= 400 ? 'refused' : 'done'
  return <span class={`status-mark ${kind}`}>{status}</span>
}
