import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'

/** The path of another version of Node, such as `24`, from the npm registry. */
export function findNode(version) {
  const print = ['-y', `--package=node@${version}`, '--', 'node', '-p', 'process.execPath']
  return execFileSync('npx', print, { cwd: tmpdir(), encoding: 'utf8' }).trim()
}
