import { readFileSync } from 'node:fs'

/** The user and group of a process. */
export interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Returns the first of the named users that exists, to run a server that refuses to run as root. If this process does
 * not run as root, returns `undefined`, and the server runs as the current user.
 */
export function findOwner(...names: readonly string[]): Owner | undefined {
  if (process.getuid?.() !== 0) return undefined
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  for (const name of names) {
    const user = users.find(([known]) => known === name)
    if (user !== undefined) return { uid: Number(user[2]), gid: Number(user[3]) }
  }
  throw new Error(`None of the users ${names.join(', ')} is in /etc/passwd.`)
}
