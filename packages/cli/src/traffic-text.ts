import { type HoldingExperiment, percent, type Rule, type ShadowOf } from './platform.ts'

/** "10% to 1.1, compared by text, alike up to 0.2, without /score" */
export function shadowText({ version, share, compare = {} }: ShadowOf): string {
  const { measure, tolerance, ignore = [] } = compare
  return [
    `${percent(share)} to ${version}`,
    ...(measure === undefined ? [] : [`compared by ${measure}`]),
    ...(tolerance === undefined ? [] : [`alike up to ${tolerance}`]),
    ...(ignore.length > 0 ? [`without ${ignore.join(' ')}`] : []),
  ].join(', ')
}

/** "held by experiment spam-1-1 (running)" */
export function heldText({ name, status }: HoldingExperiment): string {
  return `held by experiment ${name} (${status})`
}

/** "1.2 for teams mail, tags stage=beta" */
export function ruleText({ version, when }: Rule): string {
  const { consumers = [], teams = [], tags = {}, claims = {} } = when
  const pairs = (values: Readonly<Record<string, string>>) =>
    Object.entries(values).map(([name, value]) => `${name}=${value}`)
  const told = [
    ['consumers', consumers],
    ['teams', teams],
    ['tags', pairs(tags)],
    ['claims', pairs(claims)],
  ] as const
  const conditions = told.flatMap(([kind, values]) => (values.length > 0 ? [`${kind} ${values.join(' ')}`] : []))
  return `${version} for ${conditions.join(', ')}`
}
