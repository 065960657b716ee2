import type { ListedModel, ModelsForm } from '../wire/mount-models.ts'

/** Anthropic's `models`, all on one page. */
export const anthropicModels: ModelsForm = {
  tasks: ['chat'],
  one,
  list: (models) => ({
    data: models.map(one),
    has_more: false,
    first_id: models[0]?.id ?? null,
    last_id: models.at(-1)?.id ?? null,
  }),
}

function one({ id, createdAt }: ListedModel): object {
  return { id, type: 'model', display_name: id, created_at: new Date(createdAt).toISOString() }
}
