import { execFileSync } from 'node:child_process'
import { findNode } from '../test/find-node.js'

/** Finds the versions of Node that are measured side by side, such as `20,24`. Each has its path and full version. */
export function findNodes(versions) {
  return versions.split(',').map(version => {
    const path = process.versions.node.split('.', 1)[0] === version ? process.execPath : findNode(version)
    return { path, version: execFileSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim() }
  })
}
