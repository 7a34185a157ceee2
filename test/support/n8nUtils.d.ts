/** The package has types, but not in a form that this compiler finds. */
declare module '@n8n/utils/dist/search/sublime-search' {
	/** Items whose name or search words contain the characters of the text in their order, best first. */
	export function sublimeSearch<Item>(text: string, items: readonly Item[]): Array<{ score: number; item: Item }>;
}
