/** A status as it is told from afar: what failed in red, what was refused in yellow. */
export function StatusMark({ status }: { readonly status: number | string | null }) {
  if (status === null) return null
  const code = Number(status)
  const kind = code >= 500 ? 'failed' : code >= 400 ? 'refused' : 'done'
  return <span class={`status-mark ${kind}`}>{status}</span>
}
