import type { IExecuteFunctions, INodeType, IWebhookFunctions } from 'n8n-workflow';

/** What n8n gives to a node while it runs it, or when its webhook is called. */
type Context = IExecuteFunctions | IWebhookFunctions;

/** Members that stand in for those of n8n, as functions or values; `helpers` is merged with n8n's. */
export type Broken = Record<string, unknown> & { helpers?: Record<string, unknown> };

/**
 * A node in an n8n whose database, binary store or connection to the caller fails: the node is as it is, and of
 * what n8n gives it these members are replaced.
 * @param broken asked each time the node runs or is called
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
