import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'

/** Returns the path of another version of Node, which npm downloads once and keeps. */
export function findNode(version) {
  const print = ['-y', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath']
  return execFileSync('npx', print, { cwd: tmpdir(), encoding: 'utf8' }).trim()
}
