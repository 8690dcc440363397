import type { ArgTypesEnhancer } from 'storybook/internal/types';

// react-docgen hands doc comments on with their tags in them; these two put the tags where the catalog shows them.

/** The description of a component, with the `@example` of its doc comment as code below it. */
export function componentDescription(component: unknown): string {
  const { __docgenInfo: info } = component as { __docgenInfo?: { description?: string } };
  const [text = '', example] = (info?.description ?? '').split(/\n\s*@example\s*\n?/);
  return example === undefined ? text : `${text}\n\n\`\`\`tsx\n${example.trim()}\n\`\`\``;
}

/** Moves the `@default` of a property's doc comment from its description into the column of defaults. */
export const defaultsFromComments: ArgTypesEnhancer = ({ argTypes }) =>
  Object.fromEntries<(typeof argTypes)[string]>(
    Object.entries(argTypes).map(([name, argType]) => {
      const [description = '', standard] = (argType.description ?? '').split(/\s*@default\s+/);
      if (standard === undefined) return [name, argType];
      const table = { ...argType.table, defaultValue: { summary: standard.replaceAll('`', '').trim() } };
      return [name, { ...argType, description, table }];
    }),
  );
