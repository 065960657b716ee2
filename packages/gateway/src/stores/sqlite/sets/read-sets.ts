import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { CaseSet, GateResult, SetPage, StoredSet } from '../../../kernel/case-set.ts'

export function setReader(db: DatabaseSync) {
  const all = db.prepare('SELECT name, digest, cases, expected, bytes, time, by_key FROM case_sets ORDER BY name')
  const named = db.prepare('SELECT * FROM case_sets WHERE name = ?')
  const resultWith = db.prepare('SELECT * FROM gate_results WHERE key = ?')
  return {
    sets: (): readonly CaseSet[] => all.all().map(setOf),
    setLines({ name, from, limit }: SetPage): StoredSet | undefined {
      const row = named.get(name)
      if (!row) return undefined
      const lines = String(row.lines).split('\n')
      return { set: setOf(row), lines: lines.slice(from, limit === undefined ? undefined : from + limit) }
    },
    gateResults: (keys: readonly string[]): readonly GateResult[] =>
      keys.flatMap((key) => {
        const row = resultWith.get(key)
        if (!row) return []
        const [passed, misses] = [Boolean(row.passed), Number(row.misses)]
        return [{ key, time: Number(row.time), passed, misses, words: String(row.words) }]
      }),
  }
}

function setOf(row: Readonly<Record<string, SQLOutputValue>>): CaseSet {
  return {
    name: String(row.name),
    digest: String(row.digest),
    cases: Number(row.cases),
    expected: Number(row.expected),
    bytes: Number(row.bytes),
    time: Number(row.time),
    by: String(row.by_key),
  }
}
