import type { Schema } from '../../kernel/schema/schema.ts'

/** The fields of a version in the manifest; `oipSettingsSchema` has checked them. */
export interface OipSettings {
  readonly model: string
  readonly version: string
}

export const oipSettingsSchema: Schema = {
  type: 'object',
  description: 'A model at a server of the Open Inference Protocol V2.',
  properties: {
    model: { type: 'string', minLength: 1, description: "Its name there. Left out: this model's name." },
    version: { type: 'string', minLength: 1, description: "Its version there. Left out: this version's id." },
  },
  additionalProperties: false,
}

export function readSettings({ model, version }: Readonly<Record<string, unknown>>): OipSettings {
  return { model: String(model), version: String(version) }
}

/** The version is always named: without it the server would choose. */
export function versionPath({ model, version }: OipSettings): string {
  return `/v2/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(version)}`
}
