"""Was die App während der Arbeit sagt, auf Deutsch, nach den englischen Sätzen, wie das Paket sie macht."""

from __future__ import annotations

SENTENCES: dict[str, str] = {
    # What stands in other sentences.
    "photo": "Foto",
    "style picture": "Stilbild",
    "style": "Stil",
    "content layer": "Inhaltsschicht",
    "style layer": "Stilschicht",
    "yours": "von dir",
    "A cat": "Eine Katze",
    "A bridge": "Eine Brücke",
    "A cup of coffee": "Eine Tasse Kaffee",
    "A bee": "Eine Biene",
    "once": "einmal",
    "{n} times": "{n}-mal",
    "a whole number": "eine ganze Zahl",
    "a number": "eine Zahl",
    "1 second": "1 Sekunde",
    "{n} seconds": "{n} Sekunden",
    "This clip": "Dieser Clip",
    "The chosen part": "Der gewählte Teil",
    "1 vote": "1 Stimme",
    "{n} votes": "{n} Stimmen",
    "use {least} or more": "nimm {least} oder mehr",
    "crop it": "schneide es zu",
    "start": "Beginn",
    "size": "Größe",
    "iterations": "Schritte",
    "scales": "Stufen",
    "learning rate": "Lernrate",
    "content weight": "Gewicht des Inhalts",
    "style weight": "Gewicht des Stils",
    "tv weight": "Gewicht der Glätte",
    "style scale": "Pinselgröße",
    "seed": "Startwert",
    # Status lines, and their parts.
    "Painted in {seconds} s": "Gemalt in {seconds} s",
    "{rate} pictures a second": "{rate} Bilder pro Sekunde",
    "{width}×{height} pixels": "{width}×{height} Pixel",
    "your photo is larger, and this app paints up to {side} pixels": (
        "dein Foto ist größer, und diese App malt bis zu {side} Pixel"
    ),
    "your clip is larger, and this app paints up to {side} pixels": (
        "dein Clip ist größer, und diese App malt bis zu {side} Pixel"
    ),
    "{n} of {total} styles …": "{n} von {total} Stilen …",
    "Pick one: it is painted at full size.": "Such dir einen aus: Er wird in voller Größe gemalt.",
    "Step {n} of {total}": "Schritt {n} von {total}",
    "Step {n}": "Schritt {n}",
    "Step {n} of {total} is shown, and is what the download holds.": (
        "Schritt {n} von {total} wird gezeigt; das ist auch, was du speicherst."
    ),
    "scale {n} of {total}": "Stufe {n} von {total}",
    "done": "fertig",
    "stopped; this picture is yours": "angehalten; dieses Bild gehört dir",
    "about {time} to go": "noch etwa {time}",
    "content {content}, style {style}": "Inhalt {content}, Stil {style}",
    "step": "Schritt",
    "loss": "Verlust",
    "content": "Inhalt",
    "total": "gesamt",
    "log₁₀ of the loss": "log₁₀ des Verlusts",
    "step {n}: the loss blew up: went back to the best picture and halved the step": (
        "Schritt {n}: Der Verlust ist explodiert: zurück zum besten Bild, mit halber Schrittweite"
    ),
    "Frame {n} of {total}": "Bild {n} von {total}",
    "{n} frames a second": "{n} Bilder pro Sekunde",
    "Stopped: {n} of {total} frames are painted, {part}; they are yours": (
        "Angehalten: {n} von {total} Bildern sind gemalt, {part}; sie gehören dir"
    ),
    "Painted {n} frames in {time}, {fps} a second": "{n} Bilder in {time} gemalt, {fps} pro Sekunde",
    "with sound": "mit Ton",
    "without sound": "ohne Ton",
    "with sound.": "mit Ton.",
    "without sound.": "ohne Ton.",
    "The time on the GPU is used up.": "Die Zeit auf der GPU ist aufgebraucht.",
    "A part of this video could not be read; the painting holds the rest.": (
        "Ein Teil dieses Videos war nicht lesbar; das Gemälde enthält den Rest."
    ),
    "Its pictures are made smaller, to {side} pixels.": "Seine Bilder werden verkleinert, auf {side} Pixel.",
    "This clip is {part} long, and this app paints up to {most}: the first {first} are chosen.": (
        "Dieser Clip dauert {part}, und diese App malt bis zu {most}: Die ersten {first} sind gewählt."
    ),
    "Move the start to paint another part.": "Verschieb den Beginn, um einen anderen Teil zu malen.",
    "This browser may not play it, but it can be painted.": (
        "Dieser Browser spielt ihn vielleicht nicht ab, malen lässt er sich trotzdem."
    ),
    "Stopped after {n} of {total} steps: “{title}” is in the galleries as far as it is.": (
        "Angehalten nach {n} von {total} Schritten: „{title}“ ist in den Galerien, so weit er gelernt ist."
    ),
    "Learnt in {time}: “{title}” is now in the galleries of Fast and Video.": (
        "Gelernt in {time}: „{title}“ ist jetzt in den Galerien von „Schnell“ und „Video“."
    ),
    "“{title}” is now in the galleries of Fast and Video.": (
        "„{title}“ ist jetzt in den Galerien von „Schnell“ und „Video“."
    ),
    "{part} in the style of {title}": "{part} im Stil von „{title}“",
    "Thank you. {n} to go.": "Danke. Noch {n}.",
    "That was the last pair. You chose slow mode, which optimises the pixels, {part1}, and fast mode, one pass of a "
    "network, {part2}. Thank you!": (
        "Das war das letzte Paar. Du hast {part1} das langsame Verfahren gewählt, das die Pixel optimiert, und {part2} "
        "das schnelle, das ein Netz einmal durchläuft. Danke!"
    ),
    "Nobody has voted yet.": "Noch hat niemand abgestimmt.",
    "{part} so far: {slow} for slow mode, {fast} for fast mode. Slow mode is preferred by {share} % (95 % interval: "
    "{low} to {high} %).": (
        "Bisher {part}: {slow} für das langsame, {fast} für das schnelle Verfahren. {share} % ziehen das langsame vor "
        "(95-%-Intervall: {low} bis {high} %)."
    ),
    # What the machine can do.
    "Runs on a shared GPU (ZeroGPU). The time to go is shown once the painting has begun.": (
        "Läuft auf einer geteilten GPU (ZeroGPU). Wie lange es noch dauert, steht da, sobald das Malen begonnen hat."
    ),
    "Runs on this Mac's GPU. The time to go is shown once the painting has begun.": (
        "Läuft auf der GPU dieses Macs. Wie lange es noch dauert, steht da, sobald das Malen begonnen hat."
    ),
    "Runs on {name}. The time to go is shown once the painting has begun.": (
        "Läuft auf {name}. Wie lange es noch dauert, steht da, sobald das Malen begonnen hat."
    ),
    "Runs on the CPU ({part0}): about {part1} for Quick look, {part2} for Balanced.": (
        "Läuft auf der CPU ({part0}): etwa {part1} für „Schneller Blick“, {part2} für „Ausgewogen“."
    ),
    "1 core": "1 Kern",
    "{n} cores": "{n} Kerne",
    "half a minute": "eine halbe Minute",
    "a minute": "eine Minute",
    "two minutes": "zwei Minuten",
    "Effort: a minute at most on a GPU.": "Aufwand: auf einer GPU höchstens eine Minute.",
    "Effort: Quick takes about half a minute on this machine's CPU, Normal a minute or two, Thorough five.": (
        "Aufwand: „Kurz“ dauert auf der CPU dieses Rechners etwa eine halbe Minute, „Normal“ ein bis zwei, „Gründlich“ "
        "fünf."
    ),
    "A clip of any length, with its sound. Pictures over {side} pixels are made smaller. MP4, MOV, WebM, MKV or AVI, "
    "up to {limit} MB.": (
        "Ein Clip von beliebiger Länge, mit seinem Ton. Bilder über {side} Pixel werden verkleinert. MP4, MOV, WebM, "
        "MKV oder AVI, bis zu {limit} MB."
    ),
    "Up to {part}; of a longer clip a part, with its sound. Pictures over {side} pixels are made smaller. MP4, MOV, "
    "WebM, MKV or AVI, up to {limit} MB.": (
        "Bis zu {part}, von einem längeren Clip ein Teil, mit seinem Ton. Bilder über {side} Pixel werden verkleinert. "
        "MP4, MOV, WebM, MKV oder AVI, bis zu {limit} MB."
    ),
    "They go to a repo of yours on the Hugging Face Hub, from which any copy of this app can add them.": (
        "Sie kommen in ein Repo von dir auf dem Hugging Face Hub, aus dem jede Kopie dieser App sie hinzufügen kann."
    ),
    "The token is the one of HF_TOKEN or `hf auth login`.": (
        "Das Token ist das aus HF_TOKEN oder von `hf auth login`."
    ),
    "Sign in first; this app keeps nothing of it. **Signing in loads the page anew**: download your styles before, and "
    "open their files again after.": (
        "Melde dich vorher an; diese App behält nichts davon. **Beim Anmelden wird die Seite neu geladen**: Speichere "
        "deine Stile vorher, und öffne ihre Dateien danach wieder."
    ),
    "On this Space nobody can sign in, as its owner has not allowed it: download your styles instead.": (
        "Auf diesem Space kann sich niemand anmelden, weil er nicht dafür eingerichtet ist: Speichere stattdessen "
        "deine Stile."
    ),
    # The Hub.
    "Looking for styles on the Hub …": "Sucht Stile auf dem Hub …",
    "Asking the Hub for {name} …": "Fragt den Hub nach {name} …",
    "The styles of {repo} are now in the galleries of Fast and Video.": (
        "Die Stile von {repo} sind jetzt in den Galerien von „Schnell“ und „Video“."
    ),
    "Published: {url}": "Veröffentlicht: {url}",
    "Nothing has changed: {url}": "Nichts hat sich geändert: {url}",
    "No repo is named: write USER/NAME, or look what there is.": (
        "Kein Repo ist genannt: Schreib USER/NAME, oder sieh nach, was es gibt."
    ),
    "You are not signed in: use the button above first.": "Du bist nicht angemeldet: Nimm zuerst den Knopf oben.",
    "Only who sits at the machine that runs this app can publish: download your styles instead.": (
        "Veröffentlichen kann nur, wer an dem Rechner sitzt, auf dem diese App läuft: Speichere stattdessen "
        "deine Stile."
    ),
    "No style of yours is chosen: teach one first, or open its file.": (
        "Kein Stil von dir ist gewählt: Bring der App erst einen bei, oder öffne seine Datei."
    ),
    "{repo}: '{name}' is left out.": "{repo}: „{name}“ ist ausgelassen.",
    "{repo}: {n} styles are left out, '{name}' among them.": "{repo}: {n} Stile sind ausgelassen, darunter „{name}“.",
    "The Hub did not answer in time about {what}: try again later.": (
        "Der Hub hat zu {what} nicht rechtzeitig geantwortet: Versuch es später noch einmal."
    ),
    "The Hub was not asked about {what}: HF_HUB_OFFLINE is set.": (
        "Der Hub wurde nicht nach {what} gefragt: HF_HUB_OFFLINE ist gesetzt."
    ),
    "{what} is open only to those whom its owner lets in: ask for access on its page.": (
        "{what} steht nur denen offen, die der Besitzer zulässt: Bitte auf der Seite um Zugang."
    ),
    "The Hub has no such revision of {what}: check what follows the @.": (
        "Der Hub hat keine solche Revision von {what}: Prüf, was hinter dem @ steht."
    ),
    "Nobody is logged in to the Hub: set HF_TOKEN, or run 'hf auth login'.": (
        "Niemand ist beim Hub angemeldet: Setz HF_TOKEN, oder führ „hf auth login“ aus."
    ),
    "The Hub has no {what}, or it is private: check the name, and HF_TOKEN if it is yours.": (
        "Der Hub hat kein {what}, oder es ist privat: Prüf den Namen, und HF_TOKEN, falls es deins ist."
    ),
    "The Hub cannot be reached to ask about {what}: check the network.": (
        "Der Hub ist nicht erreichbar, um nach {what} zu fragen: Prüf das Netz."
    ),
    "{what} could not be {part} whole: try again later.": (
        "{what} ließ sich nicht vollständig {part}: Versuch es später noch einmal."
    ),
    "fetched": "laden",
    "sent": "senden",
    "The Hub has no {what} (404): check the name.": "Der Hub hat kein {what} (404): Prüf den Namen.",
    "The Hub does not know who asks about {what} (401): check HF_TOKEN, or run 'hf auth login'.": (
        "Der Hub weiß nicht, wer nach {what} fragt (401): Prüf HF_TOKEN, oder führ „hf auth login“ aus."
    ),
    "The Hub does not let you use {what} (403): use a token {part}.": (
        "Der Hub lässt dich nicht an {what} (403): Nimm ein Token, {part}."
    ),
    "that may write there": "das dort schreiben darf",
    "that may read it": "das es lesen darf",
    "The Hub was asked too often (429): ask about {what} later.": (
        "Der Hub wurde zu oft gefragt (429): Frag später nach {what}."
    ),
    "The Hub has trouble of its own ({status}) with {what}: try again later.": (
        "Der Hub hat selbst Schwierigkeiten ({status}) mit {what}: Versuch es später noch einmal."
    ),
    "The Hub refuses what it was asked about {what} ({status}).": (
        "Der Hub lehnt ab, was er zu {what} gefragt wurde ({status})."
    ),
    "The Hub's answer about '{repo}' makes no sense: check HF_ENDPOINT if it is set.": (
        "Die Antwort des Hubs zu „{repo}“ ergibt keinen Sinn: Prüf HF_ENDPOINT, falls es gesetzt ist."
    ),
    "'{text}' is not the name of a repo on the Hub: it is written USER/NAME.": (
        "„{text}“ ist kein Name eines Repos auf dem Hub: Er wird USER/NAME geschrieben."
    ),
    "'{revision}' is not a revision: name a branch, a tag or a commit of {name}.": (
        "„{revision}“ ist keine Revision: Nenn einen Branch, ein Tag oder einen Commit von {name}."
    ),
    "'{repo}' holds no styles.": "„{repo}“ enthält keine Stile.",
    "'{repo}' holds neither styles nor a trunk.": "„{repo}“ enthält weder Stile noch ein Grundnetz.",
    "'{path}' of '{repo}' is larger than {most} kB, so it was not fetched.": (
        "„{path}“ von „{repo}“ ist größer als {most} kB und wurde deshalb nicht geladen."
    ),
    "{what} is larger than {most} kB, so it was not fetched.": (
        "{what} ist größer als {most} kB und wurde deshalb nicht geladen."
    ),
    "The style in the file calls itself '{id}': both names must agree.": (
        "Der Stil in der Datei nennt sich selbst „{id}“: Beide Namen müssen übereinstimmen."
    ),
    "'{name}' holds something else than styles: name another repo, or a new one.": (
        "„{name}“ enthält etwas anderes als Stile: Nenn ein anderes Repo oder ein neues."
    ),
    "Not all that '{name}' holds could be read: try again later.": (
        "Nicht alles in „{name}“ war lesbar: Versuch es später noch einmal."
    ),
    "'{name}' is there already, and it is public: make it private on its page, or leave --private.": (
        "„{name}“ gibt es schon, und es ist öffentlich: Mach es auf seiner Seite privat, oder lass „Privat“ weg."
    ),
    "The trunk is larger than {most} MB: nobody could pull it.": (
        "Das Grundnetz ist größer als {most} MB: Niemand könnte es laden."
    ),
    "{n} likes": "{n}-mal gemocht",
    # Errors of pictures and clips.
    "Something went wrong here, not with your picture. Please try again, or with other settings.": (
        "Hier ist etwas schiefgegangen, nicht mit deinem Bild. Versuch es noch einmal, oder mit anderen Einstellungen."
    ),
    "No photo is given: upload one, or pick an example.": "Es fehlt ein Foto: Lade eins hoch, oder nimm ein Beispiel.",
    "No photo is given: upload one, or pick an example below.": (
        "Es fehlt ein Foto: Lade eins hoch, oder nimm ein Beispiel von unten."
    ),
    "No clip is given: upload one, or pick the example.": (
        "Es fehlt ein Clip: Lade einen hoch, oder nimm das Beispiel."
    ),
    "No painting is given: upload a picture, or pick an example.": (
        "Es fehlt ein Gemälde: Lade ein Bild hoch, oder nimm ein Beispiel."
    ),
    "No style picture is given: add at least one painting.": (
        "Es fehlt ein Stilbild: Füg mindestens ein Gemälde hinzu."
    ),
    "This file is empty: choose a picture.": "Diese Datei ist leer: Wähl ein Bild.",
    "This picture is stored in too many passes to be opened here: save it again as a usual JPEG.": (
        "Dieses Bild ist in zu vielen Durchgängen gespeichert, um es hier zu öffnen: Speichere es neu als gewöhnliches "
        "JPEG."
    ),
    "This file is not a picture that can be read: use JPEG, PNG, WebP, HEIC, TIFF, BMP or GIF.": (
        "Diese Datei ist kein lesbares Bild: Nimm JPEG, PNG, WebP, HEIC, TIFF, BMP oder GIF."
    ),
    "There is no picture file of that name that can be read: check the path.": (
        "Es gibt keine lesbare Bilddatei dieses Namens: Prüf den Pfad."
    ),
    "This picture is damaged or cut short, so it cannot be read: save it again or use another.": (
        "Dieses Bild ist beschädigt oder abgeschnitten und deshalb nicht lesbar: Speichere es neu, oder nimm "
        "ein anderes."
    ),
    "This picture has more than {n} megapixels: make it smaller first.": (
        "Dieses Bild hat mehr als {n} Megapixel: Verkleinere es vorher."
    ),
    "This picture is too small ({width}×{height} pixels): both sides need at least {least} pixels.": (
        "Dieses Bild ist zu klein ({width}×{height} Pixel): Beide Seiten brauchen mindestens {least} Pixel."
    ),
    "This picture needs more memory than there is: use a smaller one.": (
        "Dieses Bild braucht mehr Speicher, als da ist: Nimm ein kleineres."
    ),
    "This picture is too large for {kind}: use a name that ends in .png.": (
        "Dieses Bild ist zu groß für {kind}: Nimm einen Namen, der auf .png endet."
    ),
    "This photo is too long and thin for a painting: crop it.": (
        "Dieses Foto ist zu lang und schmal für ein Gemälde: Schneide es zu."
    ),
    "This picture is too long and thin to learn from: crop it.": (
        "Dieses Bild ist zu lang und schmal, um davon zu lernen: Schneide es zu."
    ),
    "At {side} pixels this photo has no room for a painting: use {least} or more.": (
        "Bei {side} Pixeln hat dieses Foto keinen Platz für ein Gemälde: Nimm {least} oder mehr."
    ),
    "At {side} pixels this photo has no room for a painting: choose a larger size.": (
        "Bei {side} Pixeln hat dieses Foto keinen Platz für ein Gemälde: Wähl eine andere Größe."
    ),
    "At size {size} this long, thin photo has no room for a painting: {part}.": (
        "Bei Größe {size} hat dieses lange, schmale Foto keinen Platz für ein Gemälde: {part}."
    ),
    "This file is empty: choose a video.": "Diese Datei ist leer: Wähl ein Video.",
    "This file is not a video that can be read: use MP4, MOV, WebM, MKV, AVI or GIF.": (
        "Diese Datei ist kein lesbares Video: Nimm MP4, MOV, WebM, MKV, AVI oder GIF."
    ),
    "This file has no moving pictures: choose a video.": "Diese Datei hat keine bewegten Bilder: Wähl ein Video.",
    "There is no video file of that name that can be read: check the path.": (
        "Es gibt keine lesbare Videodatei dieses Namens: Prüf den Pfad."
    ),
    "No picture of this video can be read: it is damaged, or uses an unknown codec.": (
        "Kein Bild dieses Videos ist lesbar: Es ist beschädigt, oder sein Codec ist unbekannt."
    ),
    "This video has more than {n} megapixels: make it smaller first.": (
        "Dieses Video hat mehr als {n} Megapixel: Verkleinere es vorher."
    ),
    "This video would be {width}×{height} pixels: both sides need at least {least}. Choose a larger size, or a clip "
    "that is less long and thin.": (
        "Dieses Video hätte {width}×{height} Pixel: Beide Seiten brauchen mindestens {least}. Wähl eine andere Größe, "
        "oder einen Clip, der weniger lang und schmal ist."
    ),
    "The chosen part has no pictures: this clip is {n} seconds long.": (
        "Der gewählte Teil hat keine Bilder: Dieser Clip dauert {n} Sekunden."
    ),
    "{part1} is {part2} long, and this app paints up to {most} at a time: choose a part of it with start and length (a "
    "length of {most2} or less), or run your own copy.": (
        "{part1} dauert {part2}, und diese App malt bis zu {most} auf einmal: Wähl mit Beginn und Länge "
        "einen Teil (eine "
        "Länge von {most2} oder weniger), oder betreib deine eigene Kopie."
    ),
    "To change from style to style, choose a second style under Mix styles.": (
        "Um von Stil zu Stil zu wechseln, wähl unter „Stile mischen“ einen zweiten."
    ),
    "'{name}' cannot be written: check that the folder has room.": (
        "„{name}“ lässt sich nicht schreiben: Prüf, ob im Ordner Platz ist."
    ),
    "'{name}' cannot be written there: check that the folder exists and has room.": (
        "„{name}“ lässt sich dort nicht schreiben: Prüf, ob es den Ordner gibt und ob er Platz hat."
    ),
    "This needs more memory than there is: {advice}.": (
        "Das braucht mehr Speicher, als da ist: Nimm eine kleinere Größe."
    ),
    # Errors of styles and settings.
    "The list of styles has changed since you opened the page: load it anew.": (
        "Die Liste der Stile hat sich geändert, seit du die Seite geöffnet hast: Lade sie neu."
    ),
    "There is no style '{id}': choose from {names}.": "Es gibt keinen Stil „{id}“: Wähl aus {names}.",
    "That is too many styles to mix: use at most {most}.": (
        "Das sind zu viele Stile zum Mischen: Nimm höchstens {most}."
    ),
    "That is too many style pictures: use at most {most}.": "Das sind zu viele Stilbilder: Nimm höchstens {most}.",
    "You have {most} styles of your own here, and there is no room for more: download them, and load the page anew.": (
        "Du hast hier {most} eigene Stile, und für mehr ist kein Platz: Speichere sie, und lade die Seite neu."
    ),
    "The title and the artist's name may have {most} characters each.": (
        "„Name des Stils“ und „Gemalt von“ dürfen je {most} Zeichen haben."
    ),
    "'{name}' is too large to be a style: those have at most {most} kB.": (
        "„{name}“ ist zu groß für einen Stil: Die haben höchstens {most} kB."
    ),
    "'{name}' is too large to be a style or a trunk of this app.": (
        "„{name}“ ist zu groß für einen Stil oder ein Grundnetz dieser App."
    ),
    "The style '{id}' was made for another trunk than the one in use: learn it again, or use the trunk that it "
    "names.": (
        "Der Stil „{id}“ ist für ein anderes Grundnetz gemacht als das, das hier läuft: Lass ihn neu lernen, "
        "oder nimm das Grundnetz, das er nennt."
    ),
    "'{name}' is not a style of this app: something in it is missing, or should not be there.": (
        "„{name}“ ist kein Stil dieser App: Etwas darin fehlt oder gehört nicht hinein."
    ),
    "The weight file '{name}' is missing or cannot be read.": "Die Gewichtsdatei „{name}“ fehlt oder ist nicht lesbar.",
    "'{name}' is not a safetensors file, or it is damaged: only safetensors are read, nothing else.": (
        "„{name}“ ist keine safetensors-Datei, oder sie ist beschädigt: Nur safetensors werden gelesen, nichts sonst."
    ),
    "'{name}' does not say what it is: it was not written by this app.": (
        "„{name}“ sagt nicht, was es ist: Diese App hat es nicht geschrieben."
    ),
    "'{name}' holds values that are not finite numbers: its training went wrong.": (
        "„{name}“ enthält Werte, die keine endlichen Zahlen sind: Beim Training ist etwas schiefgegangen."
    ),
    "The weights of {name} are not on this machine and cannot be fetched now: use vgg16, which is built in.": (
        "Die Gewichte von {name} sind nicht auf diesem Rechner und lassen sich jetzt nicht laden: Nimm vgg16, das ist "
        "eingebaut."
    ),
    "The cached weights of {name} are damaged ({text} in torch's cache): delete that file, or use vgg16, which is "
    "built in.": (
        "Die Gewichte von {name} sind beschädigt ({text} im Cache von torch): Lösch diese Datei, oder nimm vgg16, das "
        "ist eingebaut."
    ),
    "The embedded weights of {name} are missing or damaged: fetch the project again (git checkout -- weights), with "
    "Git LFS if it was cloned from the Hub.": (
        "Die eingebauten Gewichte von {name} fehlen oder sind beschädigt: Hol das Projekt neu (git checkout -- "
        "weights), mit Git LFS, wenn es vom Hub geklont ist."
    ),
    "The example photographs are missing, and this setting needs them: fetch the project again.": (
        "Die Beispielfotos fehlen, und diese Einstellung braucht sie: Lade das Projekt neu."
    ),
    "No style is given: name one, such as starry_night, or a mix, such as udnie:2,the_scream.": (
        "Es fehlt ein Stil: Nenn einen, etwa starry_night, oder eine Mischung, etwa udnie:2,the_scream."
    ),
    "The strength is a number from 0 (the photo) to 1 (the full style).": (
        "Die Stärke ist eine Zahl von 0 (das Foto) bis 1 (der volle Stil)."
    ),
    "The start is a number of seconds, 0 or more.": "Der Beginn ist eine Zahl von Sekunden, 0 oder mehr.",
    "The length is a number of seconds, or 0 for all that follows the start.": (
        "Die Länge ist eine Zahl von Sekunden, oder 0 für alles nach dem Beginn."
    ),
    "This app allows {part} up to {most}; run your own copy for more.": (
        "Diese App erlaubt {part} bis {most}; für mehr betreib deine eigene Kopie."
    ),
    "The {part1} must be {part2} from {low} to {high}.": "{part1}: Das muss {part2} von {low} bis {high} sein.",
    "The content weight and the style weight are both zero: raise at least one of them.": (
        "Das Gewicht des Inhalts und das des Stils sind beide null: Erhöh mindestens eins davon."
    ),
    "With these weights the loss is not a number from the start: use smaller ones.": (
        "Mit diesen Gewichten ist der Verlust von Anfang an keine Zahl: Nimm kleinere."
    ),
    "{backbone} has no layer '{name}': choose from {names}.": (
        "{backbone} hat keine Schicht „{name}“: Wähl aus {names}."
    ),
    "No layer is given: name at least one, such as relu4_2.": (
        "Es fehlt eine Schicht: Nenn mindestens eine, etwa relu4_2."
    ),
    "That list of {part}s is too long: keep it under {most} characters.": (
        "Diese Liste ({part}) ist zu lang: Bleib unter {most} Zeichen."
    ),
    "A {part} is missing: write them as NAME or NAME:WEIGHT, separated by commas.": (
        "{part} fehlt: Schreib NAME oder NAME:GEWICHT, durch Kommas getrennt."
    ),
    "The {part} '{name}' is given twice: give each one once, with one weight.": (
        "{part} „{name}“ ist doppelt genannt: Nenn jeden Namen einmal, mit einem Gewicht."
    ),
    "'{number}' is no number: the weight of a {part} is written like NAME:0.5.": (
        "„{number}“ ist keine Zahl: Ein Gewicht ({part}) wird wie NAME:0.5 geschrieben."
    ),
    "The weight of a {part} must be a number of 0 or more.": (
        "Ein Gewicht ({part}) muss eine Zahl von 0 oder mehr sein."
    ),
    "The weights of the {part}s sum to zero: give at least one of them a weight above 0.": (
        "Die Gewichte ({part}) sind zusammen null: Gib mindestens einem einen Wert über 0."
    ),
    "The weights of the {part}s are too large: use numbers around 1.": (
        "Die Gewichte ({part}) sind zu groß: Nimm Zahlen um 1."
    ),
}
