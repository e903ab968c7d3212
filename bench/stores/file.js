import { mkdtempSync, rmSync } from 'node:fs'
import { appendFile, mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A directory of files as a store of the benchmark: see `stores.js`. */
export const store = {
  title: 'files',

  async start() {
    const folder = mkdtempSync(join(tmpdir(), 'osprofiler-bench-'))
    const remove = () => rmSync(folder, { recursive: true, force: true })
    return { url: `file://${folder}`, clear: remove, stop: remove }
  },

  /** Makes one write call per trace, and writes all traces of a batch in parallel. */
  openBare(url) {
    const folder = fileURLToPath(url)
    return {
      async write(batch, toText) {
        const traces = new Map()
        for (const item of batch) {
          traces.set(item.base_id, `${traces.get(item.base_id) ?? ''}${toText(item)}\n`)
        }
        await mkdir(folder, { recursive: true })
        await Promise.all(Array.from(traces, ([baseId, lines]) => appendFile(join(folder, `${baseId}.jsonl`), lines)))
      },
    }
  },
}
