import { type CompiledRule, teamOf, type Version } from '../../kernel/catalog.ts'
import type { AdmittedCall } from '../admit/permit.ts'

/** The version that the first rule which holds sends this call to; undefined where none holds. */
export function applyRules(rules: readonly CompiledRule[], admitted: AdmittedCall): Version | undefined {
  return rules.find((rule) => holds(rule, admitted))?.version
}

/** All that it names. */
function holds({ consumers, teams, tags, claims }: CompiledRule, admitted: AdmittedCall): boolean {
  const { caller, call } = admitted
  if (consumers && !consumers.includes(caller.consumer)) return false
  if (teams && !teams.includes(teamOf(caller, admitted.catalog) ?? '')) return false
  for (const name in tags) if (call.options.tags?.[name] !== tags[name]) return false
  for (const path in claims) if (!claimed(admitted, path).includes(claims[path] ?? '')) return false
  return true
}

/** Nothing of a caller who came by a key, or of a claim that no rule asked about when the token was read. */
function claimed({ caller: { claims = {} } }: AdmittedCall, path: string): readonly string[] {
  return (Object.hasOwn(claims, path) && claims[path]) || []
}
