import type { IExecuteFunctions, INodeType, IWebhookFunctions } from 'n8n-workflow';

/** The context that n8n gives to a node for a run, or for a call to its webhook. */
type Context = IExecuteFunctions | IWebhookFunctions;

/** Replacements for members of n8n's context; `helpers` is merged with n8n's. */
export type Broken = Record<string, unknown> & { helpers?: Record<string, unknown> };

/**
 * A node in an n8n whose database, binary store or connection to the caller fails: the node is unchanged, members
 * of the context that n8n gives it are replaced.
 * @param broken called for each run and each webhook call
 */
export function inBrokenHost(node: INodeType, broken: (context: Context) => Broken): INodeType {
	const breakContext = <Given extends Context>(context: Given): Given => {
		const { helpers, ...members } = broken(context);
		return new Proxy(context, {
			get(target, name, receiver) {
				if (name === 'helpers' && helpers) return { ...target.helpers, ...helpers };
				if (typeof name === 'string' && name in members) return members[name];
				return Reflect.get(target, name, receiver) as unknown;
			},
		});
	};
	return Object.create(node, {
		...(node.execute && {
			execute: {
				value: async function (this: IExecuteFunctions) {
					return await node.execute?.call(breakContext(this));
				},
			},
		}),
		...(node.webhook && {
			webhook: {
				value: async function (this: IWebhookFunctions) {
					return await node.webhook?.call(breakContext(this));
				},
			},
		}),
	}) as INodeType;
}

/** n8n's database or store that never answers. */
export const never = async () => await new Promise<never>(() => {});
