import { traceAddress } from './trace-address.js'

/**
 * Sends a file to the server, which keeps it in memory, and opens the file's page. The server gets only the file's name
 * and text, because browsers do not reveal paths. Returns an error message if this fails.
 */
export async function openFile(file: File): Promise<string> {
  try {
    const response = await fetch(`api/files?name=${encodeURIComponent(file.name)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream', 'X-Osprofiler-Ui': '1' },
      body: file,
    })
    if (!response.ok) return `${file.name}: ${await response.text()}`
    const { ref }: { ref: string } = await response.json()
    location.href = traceAddress(ref)
    return ''
  } catch {
    return `${file.name} could not be sent. It may be too large, or "osprofiler ui" may have ended.`
  }
}

/** Accepts files that are dropped anywhere on the page, and highlights the page while a file is dragged over it. */
export function acceptDrops(onFile: (file: File) => void): void {
  const setDropping = (isOver: boolean) => document.body.classList.toggle('dropping', isOver)
  document.addEventListener('dragover', event => {
    if (!event.dataTransfer?.types.includes('Files')) return
    event.preventDefault()
    setDropping(true)
  })
  document.addEventListener('dragleave', event => {
    if (event.relatedTarget === null) setDropping(false)
  })
  document.addEventListener('drop', event => {
    event.preventDefault()
    setDropping(false)
    const file = event.dataTransfer?.files[0]
    if (file !== undefined) onFile(file)
  })
}
