import { once } from 'node:events'
import { join } from 'node:path'
import { printed, startFixture } from './child.js'
import { describeHungServer } from './hung-server.js'
import { temporaryDirectory } from './temporary-directory.js'

let path: string
let holder: ReturnType<typeof startFixture> | undefined

describeHungServer('sqlite://', ['locked by another process'], () => ({
  url() {
    path = join(temporaryDirectory(), 'traces.db')
    return `sqlite:///${path}`
  },
  hangs: {
    async 'locked by another process'() {
      holder = startFixture('hold-lock.mjs', [path])
      await printed(holder, 'locked')
    },
  },
  async heal() {
    const held = holder
    if (held === undefined) return
    held.stdin.end()
    await once(held, 'exit')
  },
}))
