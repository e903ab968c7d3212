import { traceAddress } from './trace-address.js'

/**
 * Sends a file to the server, which keeps it in memory, and goes to its page. Only its name and text leave the browser,
 * because a page never learns a path. Returns an error message.
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

/** Takes files that are dropped anywhere on the page, and marks the page while a file is held over it. */
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
