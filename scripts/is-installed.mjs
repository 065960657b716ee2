import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Whether what npm says it put into node_modules is what package-lock.json asks for on this machine, so that whoever ran `npm ci`
 * does not wait for it twice. npm writes its list last: a broken-off install has none.
 */
export function isInstalled(root) {
  const list = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(list)) return false
  const wanted = packagesOf(join(root, 'package-lock.json'))
  const there = packagesOf(list)
  return Object.entries(wanted).every(([place, { version, integrity, ...rest }]) => {
    // The root is no package of its own.
    if (place === '' || !isForHere(rest)) return true
    const found = there[place]
    return found !== undefined && found.version === version && found.integrity === integrity
  })
}

function packagesOf(file) {
  return JSON.parse(readFileSync(file, 'utf8')).packages ?? {}
}

/**
 * Optional packages of this machine, such as the pinned Node, have to be there. To tell one C library from another takes seconds in
 * some Nodes, and only a linter's binary hangs on it.
 */
function isForHere({ os, cpu, libc }) {
  return libc === undefined && allows(os, process.platform) && allows(cpu, process.arch)
}

/** As npm reads these fields: a word or a list, each perhaps negated by "!". */
function allows(words, here) {
  if (words === undefined) return true
  const list = [words].flat()
  return list.includes(here) || (!list.includes(`!${here}`) && list.every((word) => word.startsWith('!')))
}
