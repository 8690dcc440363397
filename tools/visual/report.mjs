const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text) => text.replaceAll(/[&<>"]/g, (letter) => ESCAPES[letter]);

function percent(share) {
  const value = share * 100;
  return value < 0.01 ? 'less than 0.01 %' : `${value.toFixed(2)} %`;
}

function figure([kind, file]) {
  return `<figure><figcaption>${kind}</figcaption><a href="${file}"><img src="${file}" alt="${kind}" loading="lazy"></a></figure>`;
}

function section({ name, kind, share, pixels, files }) {
  const what = kind === 'differs' ? `${pixels} pixels differ, ${percent(share)}` : kind;
  const pictures = Object.entries(files).map(figure).join('');
  return `<section><h2>${escape(name)}</h2><p>${what}</p><div class="row">${pictures}</div></section>`;
}

/** The report as a page that needs nothing but the pictures beside it. */
export function reportPage({ ref, commit, summary, notes }, results) {
  const shown = results.filter(({ kind }) => kind !== 'same');
  const same = results.filter(({ kind }) => kind === 'same');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Pictures against ${escape(ref)}</title>
<style>
body { margin: 24px; font: 14px/20px system-ui, sans-serif; color: #14181d; background: #f3f5f6; }
section { margin-block: 16px; padding: 12px; border: 1px solid #d3d9df; background: #fff; }
h2 { margin: 0; font-size: 16px; }
.row { display: grid; grid-template-columns: repeat(auto-fit, minmax(260px, 1fr)); gap: 12px; align-items: start; }
figure { margin: 0; }
img { max-inline-size: 100%; border: 1px solid #7c8692; }
</style>
<h1>Pictures against ${escape(ref)} (${commit})</h1>
<p>${summary}. What differs is marked over the new picture.</p>
${notes.map((note) => `<p><strong>${escape(note)}</strong></p>`).join('\n')}
${shown.map(section).join('\n')}
${same.length > 0 ? `<details><summary>${same.length} are the same</summary><ul>${same.map(({ name }) => `<li>${escape(name)}</li>`).join('')}</ul></details>` : ''}
</html>
`;
}
