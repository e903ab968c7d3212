import { join } from 'node:path'
import { type Fetched, fetchOnce } from './fetch-once.js'
import { findGo } from './find-go.js'
import { runBuild } from './run-build.js'

const MODULE = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12'

/** The program that checks GitHub workflows. Go takes a minute to build it. */
export const ACTIONLINT: Fetched = {
  name: 'actionlint',
  key: [MODULE],
  async fill(folder) {
    const go = findGo()
    if (go === undefined) throw new Error('actionlint needs Go 1.21 or later')
    await runBuild(go, ['install', '-trimpath', MODULE], folder, { GOBIN: folder, CGO_ENABLED: '0' })
  },
}

/** Resolves to the path of the program. */
export async function findActionlint(): Promise<string> {
  return join(await fetchOnce(ACTIONLINT), 'actionlint')
}
