import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const script = fileURLToPath(new URL('fixtures/count-promoted-bytes.js', import.meta.url))

// For each request, the remembered trace and the compiled code take up to 4,700 bytes. If a closure links each request
// to an old object, a request takes at least 6,600 bytes.
const MAX_PROMOTED_BYTES = 5_000
/** On a busy machine, V8 may collect while a request still runs, and so promote more. A closure does so in every run. */
const MAX_RUNS = 3

describe.each(['express', 'fastify', 'koa'])('a traced request in %s', framework => {
  it('is freed by young-generation garbage collection, like an untraced request', async () => {
    let extra = Number.POSITIVE_INFINITY
    for (let run = 0; run < MAX_RUNS && extra >= MAX_PROMOTED_BYTES; run++) {
      const untraced = await countPromotedBytes(framework, 'unsigned')
      const traced = await countPromotedBytes(framework, 'signed')
      extra = traced - untraced
    }

    expect(extra).toBeLessThan(MAX_PROMOTED_BYTES)
  })
})

/** Returns how many bytes of each request are still in memory after the request has ended. */
async function countPromotedBytes(framework: string, kind: 'signed' | 'unsigned'): Promise<number> {
  // Without the first flag, V8 allocates some kinds of objects directly in the old generation, in some processes only.
  const flags = ['--no-allocation-site-pretenuring', '--expose-gc', '--max-semi-space-size=1']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, framework, kind])
  return Number(stdout)
}
