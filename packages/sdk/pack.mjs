// In this repository the package is its TypeScript sources; below node_modules no Node strips types, so that what is packed is
// JavaScript. npm packs package.json as it lies there (publishConfig does not reach `exports`), so three of its lines are others
// for as long as it packs. Plain JavaScript, as npm may run on Node 20.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const lines = [
  { source: '".": "./src/index.ts"', packed: `".": ${built('index')}` },
  { source: '"./generate": "./src/generate/index.ts"', packed: `"./generate": ${built('generate/index')}` },
  { source: '"node": ">=24"', packed: '"node": ">=20"' },
]

function built(name) {
  return `{ "types": "./dist/${name}.d.ts", "default": "./dist/${name}.js" }`
}

/** A pack that was cut short leaves the lines as packed: the next one takes them as they are, and puts them back. */
function change(from, to) {
  const path = fileURLToPath(new URL('package.json', import.meta.url))
  const text = lines.reduce(
    (before, line) => {
      if (!before.includes(line[from]) && !before.includes(line[to])) throw new Error(`${path} has no ${line[from]}`)
      return before.replace(line[from], line[to])
    },
    readFileSync(path, 'utf8'),
  )
  // In one step, as whatever runs from source reads it meanwhile.
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

if (process.argv[2] === 'packed') change('source', 'packed')
else {
  change('packed', 'source')
  rmSync(new URL('dist', import.meta.url), { recursive: true, force: true })
}
