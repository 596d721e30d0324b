//! Mails in Spanish.

use super::{Event, Wording};

pub(super) const WORDS: Wording = Wording {
    greeting: "Hola, {name}:",
    greeting_nameless: "Hola:",
    enabled: Event {
        subject: "Ya se puede participar por teléfono en sus reuniones",
        intro: "Se le han activado las conferencias telefónicas: ya se puede participar por teléfono en sus reuniones. \
                Estos son sus datos de acceso.",
        next: "Incluya el número de teléfono y el identificador de conferencia en las invitaciones a sus reuniones. Quien \
               llame necesita ambos.",
    },
    pin_reset: Event {
        subject: "Se ha restablecido su PIN de conferencia",
        intro: "Su administrador le ha asignado un PIN nuevo; el anterior ya no es válido. Su identificador de conferencia \
                y sus números de teléfono siguen siendo los mismos.",
        next: "",
    },
    changed: Event {
        subject: "Sus datos de acceso telefónico han cambiado",
        intro: "Ha cambiado su identificador de conferencia o alguno de sus números de teléfono. Estos son sus datos de \
                acceso a partir de ahora.",
        next: "Las invitaciones que ya envió contienen todavía los datos anteriores. Abra cada reunión en su calendario, \
               sustitúyalos y envíe la actualización.",
    },
    disabled: Event {
        subject: "Se le han desactivado las conferencias telefónicas",
        intro: "Se le han desactivado las conferencias telefónicas. Ya nadie puede participar por teléfono en sus reuniones; \
                su identificador de conferencia y su PIN ya no son válidos.",
        next: "",
    },
    coordinates: Event {
        subject: "Sus datos de acceso telefónico",
        intro: "Su administrador ha hecho que se le envíen sus datos de acceso.",
        next: "",
    },
    test: Event {
        subject: "Un mensaje de prueba de Attendant",
        intro: "Si lee esto, los mensajes de Attendant llegan. No se ha enviado ni cambiado nada más.",
        next: "",
    },
    number: "Número de teléfono",
    toll_free_number: "Número gratuito",
    conference_id: "Identificador de conferencia",
    pin: "PIN",
    colon: ": ",
    how_to_start: "Para iniciar una reunión por teléfono, llame al número y marque el identificador de conferencia seguido de \
                   #. Cuando se le pregunte si es el organizador, pulse * y marque el PIN seguido de #.",
    keep_pin: "El PIN es solo para usted: no lo ponga nunca en una invitación. Si lo pierde, pida uno nuevo a su \
               administrador.",
    pin_not_here: "Su PIN no ha cambiado y, por seguridad, no figura en este mensaje. Si no lo conoce, pida uno nuevo a su \
                   administrador.",
    removal: "Quite los datos de acceso de sus invitaciones:",
    removal_steps: [
        "Abra en su calendario cada una de sus próximas reuniones.",
        "Borre del texto los números de teléfono y el identificador de conferencia.",
        "Envíe la actualización a todas las personas invitadas.",
    ],
    automatic: "Este mensaje se ha enviado automáticamente. Nadie lee las respuestas.",
    help: "Ayuda sobre las conferencias telefónicas",
};
