import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'

/** The program of another version of Node, from the npm registry: fetched once, and kept by npm. */
export function findNode(version) {
  const print = ['-y', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath']
  return execFileSync('npx', print, { cwd: tmpdir(), encoding: 'utf8' }).trim()
}
