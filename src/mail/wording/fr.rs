//! Mails in French.

use super::{Event, Wording};

pub(super) const WORDS: Wording = Wording {
    greeting: "Bonjour {name},",
    greeting_nameless: "Bonjour,",
    enabled: Event {
        subject: "On peut désormais participer à vos réunions par téléphone",
        intro: "La conférence rendez-vous a été activée pour vous : on peut désormais participer à vos réunions par \
                téléphone. Voici vos coordonnées d’accès.",
        next: "Indiquez le numéro de téléphone et l’identifiant de conférence dans les invitations à vos réunions. Toute \
               personne qui appelle a besoin des deux.",
    },
    pin_reset: Event {
        subject: "Votre code confidentiel de conférence a été réinitialisé",
        intro: "Votre administrateur vous a attribué un nouveau code confidentiel ; l’ancien n’est plus valable. Votre \
                identifiant de conférence et vos numéros de téléphone restent les mêmes.",
        next: "",
    },
    changed: Event {
        subject: "Vos coordonnées d’accès par téléphone ont changé",
        intro: "Votre identifiant de conférence ou l’un de vos numéros de téléphone a changé. Voici vos coordonnées \
                d’accès désormais.",
        next: "Les invitations que vous avez déjà envoyées contiennent encore les anciennes coordonnées. Ouvrez chaque \
               réunion dans votre calendrier, remplacez-les et envoyez la mise à jour.",
    },
    disabled: Event {
        subject: "La conférence rendez-vous a été désactivée pour vous",
        intro: "La conférence rendez-vous a été désactivée pour vous. Personne ne peut plus participer à vos réunions par \
                téléphone ; votre identifiant de conférence et votre code confidentiel ne sont plus valables.",
        next: "",
    },
    coordinates: Event {
        subject: "Vos coordonnées d’accès par téléphone",
        intro: "Votre administrateur vous a fait envoyer vos coordonnées d’accès.",
        next: "",
    },
    test: Event {
        subject: "Un message d’essai d’Attendant",
        intro: "Si vous lisez ceci, les messages d’Attendant arrivent. Rien d’autre n’a été envoyé ni modifié.",
        next: "",
    },
    number: "Numéro de téléphone",
    toll_free_number: "Numéro gratuit",
    conference_id: "Identifiant de conférence",
    pin: "Code confidentiel",
    colon: " : ",
    how_to_start: "Pour démarrer une réunion par téléphone, appelez le numéro et saisissez l’identifiant de conférence suivi \
                   de #. Lorsqu’on vous demande si vous êtes l’organisateur, appuyez sur *, puis saisissez le code \
                   confidentiel suivi de #.",
    keep_pin: "Ce code n’est destiné qu’à vous : ne le mettez jamais dans une invitation. Si vous le perdez, demandez-en un \
               nouveau à votre administrateur.",
    pin_not_here: "Votre code confidentiel n’a pas changé et, par sécurité, ne figure pas dans ce message. Si vous ne le \
                   connaissez pas, demandez-en un nouveau à votre administrateur.",
    removal: "Veuillez retirer les coordonnées d’accès de vos invitations :",
    removal_steps: [
        "Ouvrez chacune de vos réunions à venir dans votre calendrier.",
        "Supprimez du texte les numéros de téléphone et l’identifiant de conférence.",
        "Envoyez la mise à jour à toutes les personnes invitées.",
    ],
    automatic: "Ce message a été envoyé automatiquement. Personne ne lit les réponses.",
    help: "Aide sur la conférence rendez-vous",
};
