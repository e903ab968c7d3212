import { spawnSync } from 'node:child_process'

/**
 * Returns whether instructions can be counted on this machine. The count depends on the architecture, so the
 * architecture must be x64.
 */
export function hasValgrind() {
  if (process.platform !== 'linux' || process.arch !== 'x64') return false
  return spawnSync('valgrind', ['--version'], { stdio: 'ignore' }).status === 0
}
