/** Shows a status with a color: red for server errors, yellow for client errors. */
export function StatusMark({ status }: { readonly status: number | string | null }) {
  if (status === null) return null
  const code = Number(status)
  const kind = code >= 500 ? 'failed' : code >= 400 ? 'refused' : 'done'
  return <span class={`status-mark ${kind}`}>{status}</span>
}
