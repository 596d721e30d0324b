//! Mails in Japanese.

use super::{Event, Wording};

pub(super) const WORDS: Wording = Wording {
    greeting: "{name} 様",
    greeting_nameless: "ご利用者様",
    enabled: Event {
        subject: "電話で会議に参加できるようになりました",
        intro: "ダイヤルイン会議が有効になり、あなたの会議に電話で参加できるようになりました。ダイヤルイン情報は次のとおりです。",
        next: "会議の招待状に、電話番号と会議 ID を記載してください。電話で参加する方には、その両方が必要です。",
    },
    pin_reset: Event {
        subject: "ダイヤルイン会議の PIN がリセットされました",
        intro: "管理者が新しい PIN を発行しました。以前の PIN は使用できません。会議 ID と電話番号は変わりません。",
        next: "",
    },
    changed: Event {
        subject: "ダイヤルイン情報が変更されました",
        intro: "会議 ID または電話番号が変更されました。今後のダイヤルイン情報は次のとおりです。",
        next: "送信済みの招待状には、以前の情報が記載されています。予定表で各会議を開き、情報を書き換えて、更新を送信してください。",
    },
    disabled: Event {
        subject: "ダイヤルイン会議が無効になりました",
        intro: "ダイヤルイン会議が無効になりました。あなたの会議に電話で参加することはできなくなり、会議 ID と PIN は使用できません。",
        next: "",
    },
    coordinates: Event {
        subject: "ダイヤルイン情報のお知らせ",
        intro: "管理者の依頼により、ダイヤルイン情報をお送りします。",
        next: "",
    },
    test: Event {
        subject: "Attendant からのテスト メール",
        intro: "このメールが読めれば、Attendant からのメールは届いています。ほかには何も送信されず、何も変更されていません。",
        next: "",
    },
    number: "電話番号",
    toll_free_number: "通話料無料の番号",
    conference_id: "会議 ID",
    pin: "PIN",
    colon: "：",
    how_to_start: "電話で会議を開始するには、上記の番号に電話し、会議 ID と # を入力します。開催者かどうかを尋ねられたら * を押し、続けて \
                   PIN と # を入力してください。",
    keep_pin: "PIN はご本人専用です。招待状には記載しないでください。PIN を忘れた場合は、管理者に新しい PIN の発行を依頼してください。",
    pin_not_here: "PIN に変更はありません。安全のため、このメールには記載していません。PIN が分からない場合は、管理者に新しい PIN の発行を\
                   依頼してください。",
    removal: "招待状からダイヤルイン情報を削除してください。",
    removal_steps: [
        "予定表で、今後の会議を 1 つずつ開きます。",
        "本文から電話番号と会議 ID を削除します。",
        "招待したすべての方に更新を送信します。",
    ],
    automatic: "このメールは自動送信です。ご返信いただいてもお読みできません。",
    help: "ダイヤルイン会議のヘルプ",
};
